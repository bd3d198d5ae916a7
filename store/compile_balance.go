package store

// balanced writes n parts with a word between them, many of them in nested
// pairs: a row of operators is an expression as deep as the row is long, and
// SQLite takes expressions 1,000 deep.
func (t *text) balanced(n int, word string, part func(i int) error) error {
	return t.balancedRange(0, n, word, part)
}

func (t *text) balancedRange(from, to int, word string, part func(i int) error) error {
	const flat = 64
	t.write("(")
	if to-from > flat {
		middle := (from + to) / 2
		if err := t.balancedRange(from, middle, word, part); err != nil {
			return err
		}
		t.write(word)
		if err := t.balancedRange(middle, to, word, part); err != nil {
			return err
		}
		t.write(")")
		return nil
	}
	for i := from; i < to; i++ {
		if i > from {
			t.write(word)
		}
		if err := part(i); err != nil {
			return err
		}
	}
	t.write(")")
	return nil
}
