"""The shared vocabulary: words, frames, findings, cells and spelling."""
