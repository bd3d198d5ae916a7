package migrate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// constant is the default of a column in a form of no engine: the value's
// canonical text, or the time of the statement.
type constant struct {
	kind store.Kind
	text string
	now  bool
}

// zeroOf is the zero of a kind, as the store writes it for a Go zero.
func zeroOf(k store.Kind) constant {
	c := constant{kind: k}
	switch k {
	case store.KindBool:
		c.text = "false"
	case store.KindInt, store.KindFloat, store.KindDecimal:
		c.text = "0"
	case store.KindTimestamp:
		c.text = string(canon.AppendTimestamp(nil, time.Time{}))
	case store.KindDate:
		c.text = time.Time{}.Format(time.DateOnly)
	case store.KindUUID:
		c.text = string(canon.AppendUUID(nil, [16]byte{}))
	case store.KindBytes:
		c.text = `\x`
	case store.KindJSON:
		c.text = "null" // decodes into the zero of every Go type
	case store.KindTextArray:
		c.text = "[]"
	}
	return c
}

// defaultOf reads the default of a column's tag, which the store has checked; nil
// without one. The store gives new rows their defaults in Go. The database
// needs them for the rows it has when a column is added, and for other programs.
func defaultOf(c *store.Column) (*constant, error) {
	tag := strings.TrimSpace(c.Default)
	d := &constant{kind: c.Kind}
	switch strings.ToLower(tag) {
	case "", "null":
		return nil, nil
	case "current_timestamp", "now()":
		d.now = true
		return d, nil
	}
	if n := len(tag); n >= 2 && tag[0] == '\'' && tag[n-1] == '\'' {
		tag = strings.ReplaceAll(tag[1:n-1], "''", "'")
	}
	var err error
	if d.text, err = canonicalText(c.Kind, tag); err != nil {
		return nil, fmt.Errorf("migrate: %s.%s: default %s: %w", c.Table.Name, c.Name, c.Default, err)
	}
	return d, nil
}

// canonicalText returns the spelling the store itself would write.
func canonicalText(k store.Kind, s string) (string, error) {
	switch k {
	case store.KindBool:
		if s = strings.ToLower(s); s != "true" && s != "false" {
			return "", errors.New("want true or false")
		}
	case store.KindInt:
		n, err := canon.ParseInt(s)
		return fmt.Sprint(n), err
	case store.KindFloat:
		f, err := canon.ParseFloat(s)
		return string(canon.AppendFloat(nil, f)), err
	case store.KindDecimal:
		return canon.ParseDecimal(s)
	case store.KindTimestamp:
		t, err := canon.ParseTimestamp(s)
		return string(canon.AppendTimestamp(nil, t)), err
	case store.KindDate:
		return canon.ParseDate(s)
	case store.KindUUID:
		return canon.ParseUUID(s)
	case store.KindBytes:
		b, err := canon.ParseBytes(s)
		return string(canon.AppendBytes(nil, b)), err
	case store.KindJSON:
		b, err := strictjson.Canonical(nil, []byte(s), strictjson.Limits{})
		return string(b), err
	case store.KindTextArray:
		if s != "{}" && s != "[]" {
			return "", errors.New("a text array can only be empty, '{}'")
		}
		return "[]", nil
	}
	return s, nil
}
