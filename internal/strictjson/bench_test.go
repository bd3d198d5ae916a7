package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

const smallBody = `{"id":"0198c2f5-7a31-7c60-b7a4-0a0c12345678","title":"Milk and honey","n":12.50,"tags":["a","b"],"done":false}`

func BenchmarkParse(b *testing.B) {
	for name, body := range map[string]string{
		"small": smallBody,
		"bulk":  "[" + strings.Repeat(smallBody+",", 999) + smallBody + "]",
		"keys":  distinctKeys(100_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if err := valid([]byte(body), strictjson.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseAndWalk(b *testing.B) {
	body := []byte(smallBody)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	n := 0
	for b.Loop() {
		v, err := strictjson.Parse(body, strictjson.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		for key, member := range v.Members() {
			n += len(key) + len(member.Raw())
		}
	}
}

// BenchmarkEncodingJSON is what the walk replaces.
func BenchmarkEncodingJSON(b *testing.B) {
	body := []byte(smallBody)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	v, err := strictjson.Parse([]byte(smallBody), strictjson.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(smallBody)))
	for b.Loop() {
		dst = v.AppendCanonical(dst[:0])
	}
}

func BenchmarkStripSpaces(b *testing.B) {
	text := []byte(strings.ReplaceAll(smallBody, `,"`, `, "`))
	var dst []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = strictjson.StripSpaces(dst[:0], text)
	}
}

func BenchmarkAppendString(b *testing.B) {
	for name, s := range map[string]string{
		"ascii":   strings.Repeat("plain text ", 8),
		"german":  strings.Repeat("schöne Grüße ", 8),
		"escapes": strings.Repeat("a\"b\n", 22),
	} {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				dst = strictjson.AppendString(dst[:0], s)
			}
		})
	}
}
