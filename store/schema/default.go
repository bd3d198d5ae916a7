package schema

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// columnDefault is a default of a model's tag, evaluated in Go so that both
// engines give the same value.
type columnDefault struct {
	value any
	now   bool // the time of the write
	set   bool
}

// readDefault understands the defaults that mean the same everywhere: numbers,
// quoted text, true and false, null and the current time.
func readDefault(c *Column) (columnDefault, error) {
	text := strings.TrimSpace(c.Default)
	switch strings.ToLower(text) {
	case "":
		return columnDefault{}, nil
	case "null":
		return columnDefault{set: true}, nil
	case "current_timestamp", "now()":
		if c.Kind != driver.KindTimestamp {
			return columnDefault{}, fmt.Errorf("default %s does not fit %s", text, c.Kind)
		}
		return columnDefault{now: true, set: true}, nil
	}
	if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
		text = strings.ReplaceAll(text[1:n-1], "''", "'")
	} else if strings.ContainsAny(text, "'(") {
		return columnDefault{}, fmt.Errorf("default %s is not a constant: want a number, quoted text, true, false, null or current_timestamp", text)
	}
	v, err := c.ParseText(text)
	if err != nil {
		return columnDefault{}, fmt.Errorf("default %s: %w", text, err)
	}
	return columnDefault{value: v, set: true}, nil
}

// DefaultAt returns the value of an absent column in a new row: the default of the
// tag, else NULL if the column is nullable, else the zero of the type.
func (c *Column) DefaultAt(now time.Time) any {
	switch {
	case c.initial.now:
		return now
	case c.initial.set:
		return c.initial.value
	case c.Generated:
		return value.Absent{}
	case c.Nullable:
		return nil
	}
	return c.ZeroValue()
}

// DefaultJSON returns the JSON value of an absent column in a new row: the default of
// the tag, else null if the column is nullable, else the zero of its type. It is nil
// for values made at the time of the write: keys, the current time and columns that the
// library sets.
func (c *Column) DefaultJSON() []byte {
	switch {
	case c.initial.now, c.Generated, c.Table.Managed(c):
		return nil
	case c.initial.set:
		return value.AppendValue(nil, c.Kind, c.initial.value)
	case c.Key && c.Kind == driver.KindUUID:
		return nil
	case c.Nullable:
		return []byte("null")
	}
	return value.AppendValue(nil, c.Kind, c.ZeroValue())
}

// IntegerRange returns the least and the greatest value of a column of KindInt, from
// its Go type.
func (c *Column) IntegerRange() (least, greatest int64) {
	bits := c.GoType.Bits
	switch {
	case bits <= 0 || bits >= 64:
		return math.MinInt64, math.MaxInt64
	case c.GoType.Unsigned:
		return 0, 1<<bits - 1
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

// HasDefault reports whether the tag gives a default.
func (c *Column) HasDefault() bool { return c.initial.set }

// IsTimestamp reports whether the column holds moments.
func (c *Column) IsTimestamp() bool { return c.Kind == driver.KindTimestamp }
