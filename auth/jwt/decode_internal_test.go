package jwt

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecodeObject compares the decoder with encoding/json, which must read the same from
// everything that is accepted.
func FuzzDecodeObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, ` { "a" : [ 1 , -2.5e+3 , true , false , null , "x" ] , "b" : { } } `, `{"a":"\"\\\u00e9\ud83d\ude00"}`,
		`{"a":1,"a":2}`, `{"a":{"b":1,"\u0062":2}}`, `{"a":[[[]]],"":0}`, "{\"\xff\":1}", `{"a":1}x`, `{"a":":,{}[]"}`,
		strings.Repeat(`{"a":`, 16) + `1` + strings.Repeat(`}`, 16), `"`, `{"a":"\`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeObject(data)
		var want map[string]any
		oracle := json.NewDecoder(bytes.NewReader(data))
		oracle.UseNumber()
		wantErr := oracle.Decode(&want)
		valid := wantErr == nil && json.Valid(data) && utf8.Valid(data) && want != nil
		switch {
		case err == nil && !valid:
			t.Fatalf("%q: read as %v, encoding/json says %v", data, got, wantErr)
		case err == nil && !reflect.DeepEqual(got, want):
			t.Fatalf("%q: read as %v, want %v", data, got, want)
		}
	})
}
