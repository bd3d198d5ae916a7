package store

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"strconv"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Decimal is an exact decimal number with up to 400 digits, for money and the like. It
// keeps its scale: 1.50 stays 1.50. It has no arithmetic; convert it with String to a
// number type that has. The zero Decimal is 0.
//
// Decimals of different scale are not == although equal; use Cmp.
type Decimal struct {
	text string // PostgreSQL's spelling; empty is 0
}

// ParseDecimal reads a decimal number, also with an exponent.
func ParseDecimal(s string) (Decimal, error) {
	text, err := canon.ParseDecimal(s)
	if err != nil {
		return Decimal{}, value.NotA("a decimal number", s, err)
	}
	return Decimal{text}, nil
}

// DecimalOf returns n as Decimal with scale 0.
func DecimalOf(n int64) Decimal { return Decimal{strconv.FormatInt(n, 10)} }

// String returns the number without exponent.
func (d Decimal) String() string {
	if d.text == "" {
		return "0"
	}
	return d.text
}

// Cmp compares by value: -1, 0 or +1. 1.5 and 1.50 are equal.
func (d Decimal) Cmp(o Decimal) int { return canon.CompareDecimal(d.String(), o.String()) }

// MarshalJSON returns a JSON number that keeps the scale.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number or a string that holds one. Its exponent may add at
// most 64 digits. Null leaves the Decimal as it is.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if !bytes.HasPrefix(raw, []byte{'"'}) {
		return d.UnmarshalText(raw)
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	read, err := ParseDecimal(text)
	if err == nil && len(read.text) > len(text)+maxQuotedGrowth {
		err = value.NotA("a decimal number that fits", text, canon.ErrRange)
	}
	if err == nil {
		*d = read
	}
	return err
}

// maxQuotedGrowth is by how many characters a number in a string may become longer when
// its exponent is written out. Numbers are bounded all together where the JSON around
// them is read, and what stands in strings is not seen there.
const maxQuotedGrowth = 64

// MarshalText returns the form of String.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads like [ParseDecimal].
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDecimal(string(text))
	return err
}

// Value implements [driver.Valuer] with the form of String.
func (d Decimal) Value() (driver.Value, error) { return d.String(), nil }

// Scan implements [database/sql.Scanner] for text and integers.
func (d *Decimal) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	case int64:
		*d = DecimalOf(v)
		return nil
	}
	return scanError("Decimal", src)
}
