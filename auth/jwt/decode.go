package jwt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON in a token.
const maxDepth = 16

// segment is base64url as JWS has it (RFC 7515 section 2). Strict, so that one
// token has one spelling.
var segment = base64.RawURLEncoding.Strict()

var (
	errNotJSON   = errors.New("is not JSON")
	errNotObject = errors.New("is not a JSON object")
	errTwice     = errors.New("has a member twice")
	errDepth     = errors.New("is nested too deep")
)

// decodeObject decodes a JSON object with unique member names at every level. RFC 7519 section
// 4 permits duplicates to be rejected, and two parsers may disagree on which one counts.
// Numbers stay text.
func decodeObject(data []byte) (map[string]any, error) {
	// encoding/json would repair broken UTF-8, making different names equal.
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, errNotJSON
	}
	d := decoder{rest: string(data)}
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	return object, nil
}

// decoder reads JSON that is known to be valid, and so has no errors of grammar.
// Going through the tokens of encoding/json instead costs several times as much.
type decoder struct {
	rest string
}

// next skips to the next character that means something and returns it. Colons
// and commas mean nothing where the input is valid.
func (d *decoder) next() byte {
	d.rest = strings.TrimLeft(d.rest, " \t\r\n:,")
	return d.rest[0]
}

func (d *decoder) value(depth int) (any, error) {
	switch first := d.next(); first {
	case '{', '[':
		if depth == maxDepth {
			return nil, errDepth
		}
		d.take(1)
		if first == '{' {
			return d.members(depth + 1)
		}
		return d.elements(depth + 1)
	case '"':
		return d.text(), nil
	default:
		return d.scalar(first), nil
	}
}

// scalar reads the literal or number that begins with first.
func (d *decoder) scalar(first byte) any {
	end := strings.IndexAny(d.rest, " \t\r\n,]}")
	if end < 0 {
		end = len(d.rest)
	}
	literal := d.take(end)
	switch first {
	case 't':
		return true
	case 'f':
		return false
	case 'n':
		return nil
	}
	return json.Number(literal)
}

// take returns the next n bytes and moves behind them.
func (d *decoder) take(n int) string {
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) members(depth int) (any, error) {
	members := make(map[string]any)
	for d.next() != '}' {
		name := d.text()
		if _, twice := members[name]; twice {
			return nil, errTwice
		}
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		members[name] = value
	}
	d.take(1)
	return members, nil
}

func (d *decoder) elements(depth int) (any, error) {
	elements := []any{}
	for d.next() != ']' {
		value, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
	}
	d.take(1)
	return elements, nil
}

// text reads the string that begins here.
func (d *decoder) text() string {
	end := 1
	for d.rest[end] != '"' {
		if d.rest[end] == '\\' {
			end++
		}
		end++
	}
	quoted := d.take(end + 1)
	plain := quoted[1:end]
	if strings.IndexByte(plain, '\\') < 0 {
		return plain
	}
	var unescaped string
	// It is valid, so this cannot fail.
	_ = json.Unmarshal([]byte(quoted), &unescaped)
	return unescaped
}
