package store

import (
	"fmt"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// extraInts reads a JSON array of integers, the extra values of a row.
func extraInts(raw []byte) ([]int64, error) {
	doc, err := strictjson.Parse(raw, strictjson.Limits{})
	if err != nil {
		return nil, fmt.Errorf("store: extra values: %w", err)
	}
	var values []int64
	for _, v := range doc.Elements() {
		n, err := strconv.ParseInt(string(v.Raw()), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("store: extra values: %w", err)
		}
		values = append(values, n)
	}
	return values, nil
}

func firstInt(raw []byte) (int64, error) {
	values, err := extraInts(raw)
	if err != nil || len(values) == 0 {
		return 0, err
	}
	return values[0], nil
}
