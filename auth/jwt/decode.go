package jwt

import (
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// maxDepth bounds the nesting of JSON in a token.
const maxDepth = 16

// segment is base64url as JWS has it (RFC 7515 section 2). Strict, so that one
// token has one spelling.
var segment = base64.RawURLEncoding.Strict()

var (
	errNotJSON   = errors.New("is not strict JSON") // the parser's own error has a code of the REST API
	errNotObject = errors.New("is not a JSON object")
)

// decodeObject decodes a JSON object with unique member names at every level. RFC 7519 section
// 4 permits duplicates to be rejected, and two parsers may disagree on which one counts.
// Numbers stay text.
func decodeObject(data []byte) (map[string]any, error) {
	doc, err := strictjson.Parse(data, strictjson.Limits{Depth: maxDepth})
	if err != nil {
		return nil, errNotJSON
	}
	object, ok := plain(doc).(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	return object, nil
}

// plain returns a value as encoding/json decodes it into an any.
func plain(v strictjson.Value) any {
	switch v.Kind() {
	case strictjson.Object:
		object := make(map[string]any)
		for name, member := range v.Members() {
			object[string(name)] = plain(member)
		}
		return object
	case strictjson.Array:
		list := []any{}
		for _, element := range v.Elements() {
			list = append(list, plain(element))
		}
		return list
	case strictjson.String:
		text, _ := v.Text()
		return text
	case strictjson.Number:
		return json.Number(v.Raw())
	case strictjson.Bool:
		return v.Bool()
	}
	return nil
}
