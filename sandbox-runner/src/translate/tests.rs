//! The translator against transcripts recorded from OpenCode 1.18.33.
