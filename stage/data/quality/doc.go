// Package quality measures texts and decides, by the measures alone, which to
// keep: the rules of Gopher, C4, FineWeb and FineWeb-2 with thresholds for each
// language.
//
// To measure reads the text once and gives counts. To decide compares counts
// with thresholds, so a threshold can change without reading the text again.
//
// Rae et al.: Scaling Language Models: Methods, Analysis & Insights from Training
// Gopher, 2021, table A1. Raffel et al.: Exploring the Limits of Transfer
// Learning, 2020. Penedo et al.: The FineWeb Datasets, 2024; FineWeb2, 2025.
package quality
