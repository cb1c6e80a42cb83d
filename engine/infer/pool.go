package infer

// A pool is the pages of one kind of layer. Each is free or has one owner: a
// sequence, or the tree.
type pool struct {
	size int
	free []int32
	used int32 // those from here on were never taken
}

func newPool(n int) *pool {
	p := &pool{size: n, free: make([]int32, n)}
	for i := range p.free {
		p.free[i] = int32(n - 1 - i)
	}
	return p
}

// take returns a free page.
func (p *pool) take() (page int32, ok bool) {
	n := len(p.free)
	if n == 0 {
		return 0, false
	}
	page, p.free = p.free[n-1], p.free[:n-1]
	p.used = max(p.used, page+1)
	return page, true
}

// give frees a page.
func (p *pool) give(page int32) { p.free = append(p.free, page) }
