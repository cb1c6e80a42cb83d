package tensor

import "syscall"

// largePages asks for 2 MiB pages, so that rows far apart cost no page walk.
// A kernel that has none gives small ones.
func largePages(b []byte) { syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
