// Package cpu reports which instruction sets this machine has and records
// which implementations of which kernels use them.
package cpu

// An Impl is one implementation of a group of kernels. The generic
// implementation, which runs when no flag is set, is not recorded.
type Impl struct {
	Kernel, Name string
	Have         bool  // this machine can run it
	Use          *bool // whether to run it; tests may clear and restore it
}

var impls []Impl

// Register records an implementation, the best one first. *use says whether
// the machine can run it.
func Register(kernel, name string, use *bool) {
	impls = append(impls, Impl{kernel, name, *use, use})
}

// Impls returns the implementations of kernel.
func Impls(kernel string) []Impl {
	var list []Impl
	for _, i := range impls {
		if i.Kernel == kernel {
			list = append(list, i)
		}
	}
	return list
}
