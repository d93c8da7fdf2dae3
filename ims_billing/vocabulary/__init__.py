"""What every package speaks: words, frames, findings, cells and spelling."""
