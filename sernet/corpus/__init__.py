"""From a corpus folder to manifests, a Kaldi data directory and checks."""
