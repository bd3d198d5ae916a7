package store

import (
	"database/sql/driver"
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// JSON is a JSON document as text, for columns without a Go type for their content. The
// store keeps documents in one canonical form on both engines: no spaces, keys ordered
// by length and bytes, the last of duplicate keys, numbers written out. The zero JSON
// is the document null, which a column that can be NULL keeps as NULL.
type JSON string

// JSONOf encodes v with encoding/json, in canonical form.
func JSONOf(v any) (JSON, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	text, err := value.CanonicalJSON(raw)
	return JSON(text), err
}

// Decode decodes the document into v as [json.Unmarshal] does.
func (j JSON) Decode(v any) error { return json.Unmarshal([]byte(j.String()), v) }

// String returns the document.
func (j JSON) String() string {
	if j == "" {
		return "null"
	}
	return string(j)
}

// MarshalJSON returns the document itself.
func (j JSON) MarshalJSON() ([]byte, error) { return []byte(j.String()), nil }

// UnmarshalJSON stores the document in canonical form; null is the zero JSON.
func (j *JSON) UnmarshalJSON(raw []byte) error {
	text, err := value.CanonicalJSON(raw)
	if err != nil {
		return err
	}
	if text == "null" {
		text = ""
	}
	*j = JSON(text)
	return nil
}

// Value implements [driver.Valuer] with the canonical form.
func (j JSON) Value() (driver.Value, error) { return value.CanonicalJSON([]byte(j.String())) }

// Scan implements [database/sql.Scanner] for text; NULL is the zero JSON.
func (j *JSON) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*j = ""
		return nil
	case string:
		return j.UnmarshalJSON([]byte(v))
	case []byte:
		return j.UnmarshalJSON(v)
	}
	return scanError("JSON", src)
}
