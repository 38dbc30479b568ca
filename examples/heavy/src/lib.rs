//! Examples of features that take minutes to build: images, and data frames of polars.
