// Package plan reads a plan file, says what is to be made from it, why and at
// what cost, and makes it.
//
// A plan file becomes a File (Load), a File beside a store becomes a Plan
// (Make), and a Plan is carried out (Apply). After that, the plan of the same
// file is empty.
package plan
