// Package kerneltest tests assembly against its definition in Go.
package kerneltest

import (
	"testing"

	"suiren/internal/cpu"
)

// Each runs f once per implementation of kernel, the generic one last.
func Each(t *testing.T, kernel string, f func(t *testing.T)) {
	t.Helper()
	impls := cpu.Impls(kernel)
	set := func(want func(cpu.Impl) bool) {
		for _, i := range impls {
			*i.Use = i.Have && want(i)
		}
	}
	defer set(func(cpu.Impl) bool { return true })
	for _, impl := range impls {
		set(func(i cpu.Impl) bool { return i.Name == impl.Name })
		t.Run(impl.Name, func(t *testing.T) {
			if !impl.Have {
				t.Skip("this CPU cannot run it")
			}
			f(t)
		})
	}
	set(func(cpu.Impl) bool { return false })
	t.Run("generic", f)
}
