// Package kerneltest tests assembly against its definition in Go.
package kerneltest

import "suiren/internal/cpu"

// A Runner is a *testing.T or a *testing.B.
type Runner[T any] interface {
	Helper()
	Run(name string, f func(T)) bool
	Skip(args ...any)
}

// Each runs f once per implementation of kernel, the generic one last.
func Each[T Runner[T]](t T, kernel string, f func(T)) {
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
		t.Run(impl.Name, func(t T) {
			if !impl.Have {
				t.Skip("this CPU cannot run it")
			}
			f(t)
		})
	}
	set(func(cpu.Impl) bool { return false })
	t.Run("generic", f)
}
