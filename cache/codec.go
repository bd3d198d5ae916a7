package cache

import "encoding/json"

// Codec writes values for backends that keep bytes, and reads them.
type Codec[V any] interface {
	// Append appends the form of a value to dst.
	Append(dst []byte, value V) ([]byte, error)

	// Decode reads what Append has written. It does not keep data.
	Decode(data []byte) (V, error)
}

// JSON keeps values as encoding/json writes them.
type JSON[V any] struct{}

// Append implements Codec.
func (JSON[V]) Append(dst []byte, value V) ([]byte, error) {
	raw, err := json.Marshal(value)
	return append(dst, raw...), err
}

// Decode implements Codec.
func (JSON[V]) Decode(data []byte) (value V, err error) {
	err = json.Unmarshal(data, &value)
	return value, err
}

// Bytes keeps bytes as they are.
type Bytes struct{}

// Append implements Codec.
func (Bytes) Append(dst, value []byte) ([]byte, error) { return append(dst, value...), nil }

// Decode implements Codec.
func (Bytes) Decode(data []byte) ([]byte, error) { return append([]byte(nil), data...), nil }
