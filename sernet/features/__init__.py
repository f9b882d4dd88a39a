"""FBanks and the Kaldi arks that hold them."""
