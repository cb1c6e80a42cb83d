package verify

import "context"

// Code runs the code of an answer.
type Code struct {
	Tests []string `json:"tests"` // JavaScript: each must not throw, and be true or undefined
}

func code(*Code) (func(context.Context, string, string) (float64, error), error) { panic("todo") }
