//go:build !linux

package document

import "time"

var began = time.Now()

func processorTime() time.Duration { return time.Since(began) }
