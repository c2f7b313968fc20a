//! Everything that depends on the operating system or needs `unsafe`; twin files with the same names.

pub mod simd;
