//go:build unix && !linux

package tensor

func largePages([]byte) {}
