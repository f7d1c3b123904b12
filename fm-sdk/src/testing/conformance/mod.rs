//! Suites written once and run against every implementation of a seam.
