// Package duplicate finds texts that are equal or nearly equal, and texts that
// hold pieces of others.
//
// Nearly equal is found by MinHash signatures in bands, exactly as datatrove 0.10
// computes them for FineWeb: 5 words, 14 bands of 8, xxHash64, permutations
// modulo 2⁶¹−1. What shares a band is joined; a join needs memory for one number a
// text, and the bands are sorted on disk when they are many.
//
// Broder: On the resemblance and containment of documents, 1997. Penedo et al.:
// The FineWeb Datasets, 2024.
package duplicate
