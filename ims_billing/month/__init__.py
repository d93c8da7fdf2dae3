"""The month's story: sessions in, claims and proven totals out."""
