//go:build !unix || aix || solaris

// Package flock lets processes take turns at a file.
package flock

import "os"

// Without advisory locks one process at a time may use a state folder.
func Lock(*os.File) error { return nil }

func Unlock(*os.File) {}
