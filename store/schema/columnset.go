package schema

// ColumnSet is a set of columns of one table. The zero set is empty.
type ColumnSet struct {
	bits [MaxColumns / 64]uint64
}

// MaxColumns is the largest number of columns of a table. SQLite's json_object takes at
// most 500 pairs.
const MaxColumns = 256

// Has reports whether the set holds c.
func (s *ColumnSet) Has(c *Column) bool {
	return s.bits[c.Index/64]&(1<<(c.Index%64)) != 0
}

// Add puts c into the set.
func (s *ColumnSet) Add(c *Column) { s.bits[c.Index/64] |= 1 << (c.Index % 64) }

// Remove takes c out of the set.
func (s *ColumnSet) Remove(c *Column) { s.bits[c.Index/64] &^= 1 << (c.Index % 64) }

// Fill puts every column into the set.
func (s *ColumnSet) Fill() {
	for i := range s.bits {
		s.bits[i] = ^uint64(0)
	}
}

// With returns the columns that are in both sets.
func (s ColumnSet) With(o ColumnSet) ColumnSet {
	for i := range s.bits {
		s.bits[i] &= o.bits[i]
	}
	return s
}
