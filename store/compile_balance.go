package store

// balanced writes n parts with a word between them, many of them in nested
// pairs: a row of operators is an expression as deep as the row is long, and
// SQLite takes expressions 1,000 deep.
func (c *compiler) balanced(n int, word string, part func(i int) error) error {
	return c.balancedRange(0, n, word, part)
}

func (c *compiler) balancedRange(from, to int, word string, part func(i int) error) error {
	const flat = 64
	c.write("(")
	if to-from > flat {
		middle := (from + to) / 2
		if err := c.balancedRange(from, middle, word, part); err != nil {
			return err
		}
		c.write(word)
		if err := c.balancedRange(middle, to, word, part); err != nil {
			return err
		}
		c.write(")")
		return nil
	}
	for i := from; i < to; i++ {
		if i > from {
			c.write(word)
		}
		if err := part(i); err != nil {
			return err
		}
	}
	c.write(")")
	return nil
}
