package duplicate

// Clusters are sets of texts, by their numbers: four bytes a text. The least
// number of a set stands for it, whatever the order of the joins.
type Clusters struct{ parent []uint32 }

// NewClusters makes n sets of one text each.
func NewClusters(n int) *Clusters {
	c := &Clusters{make([]uint32, n)}
	for i := range c.parent {
		c.parent[i] = uint32(i)
	}
	return c
}

// Find returns the least number of the set of text i.
func (c *Clusters) Find(i uint32) uint32 {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

// Join makes one set of two.
func (c *Clusters) Join(a, b uint32) {
	a, b = c.Find(a), c.Find(b)
	if a > b {
		a, b = b, a
	}
	c.parent[b] = a
}
