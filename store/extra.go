package store

import (
	"bytes"
	"fmt"
	"strconv"
)

// firstInt reads the first of the extra values of a row, a JSON array of integers.
func firstInt(raw []byte) (int64, error) {
	first, _, _ := bytes.Cut(bytes.Trim(raw, "[]"), []byte(","))
	n, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("store: extra values: %w", err)
	}
	return n, nil
}
