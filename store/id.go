package store

import (
	"bytes"
	"database/sql/driver"
	"fmt"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// ID is a UUID, the usual key of a row. [NewID] makes version 7 (RFC 9562), which sorts
// by the time it was made; other UUIDs can be read and stored too. IDs are comparable;
// the zero ID is no key, and inserting a row with it makes a new one.
type ID [16]byte

// NewID returns a new ID that is greater than all this process made before. It
// is safe for concurrent use and cannot be guessed: 62 bits are random.
func NewID() ID { return value.NewUUID() }

// ParseID reads 36 characters with dashes or 32 without, in either case.
func ParseID(s string) (ID, error) {
	u, err := canon.DecodeUUID(s)
	if err != nil {
		return ID{}, value.NotA("a uuid", s, err)
	}
	return u, nil
}

// String returns the 36 characters in lower case.
func (id ID) String() string {
	var buf [36]byte
	return string(canon.AppendUUID(buf[:0], id))
}

// IsZero reports whether the ID is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs as both engines do: -1, 0 or +1.
func (id ID) Compare(o ID) int { return bytes.Compare(id[:], o[:]) }

// MarshalText returns the form of String; in JSON an ID is that string.
func (id ID) MarshalText() ([]byte, error) { return canon.AppendUUID(nil, id), nil }

// UnmarshalText reads like [ParseID].
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// Value implements [driver.Valuer] with the form of String.
func (id ID) Value() (driver.Value, error) { return id.String(), nil }

// Scan implements [database/sql.Scanner] for text and for 16 bytes.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return id.UnmarshalText([]byte(v))
	case []byte:
		if len(v) == len(id) {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case [16]byte:
		*id = v
		return nil
	}
	return scanError("ID", src)
}

func scanError(target string, src any) error {
	return fmt.Errorf("store: cannot scan %T into store.%s", src, target)
}
