package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

type base struct {
	ID      int    `json:"id"`
	Created string `json:"created"`
	Hidden  string `json:"-"`
}

type line struct {
	SKU   string `json:"sku"`
	Count int    `json:"count,omitempty"`
}

type labels map[string]line

type order struct {
	base
	*Extra
	Role             string            `json:"role"`
	Note             *string           `json:"note"`
	Lines            []line            `json:"lines"`
	Fixed            [2]line           `json:"fixed"`
	ByName           labels            `json:"by_name"`
	Free             map[string]any    `json:"free"`
	Raw              json.RawMessage   `json:"raw"`
	At               time.Time         `json:"at"`
	Next             *order            `json:"next"`
	Data             []byte            `json:"data"`
	Created          time.Time         `json:"created"` // hides base.Created
	Strings          map[string]string `json:"strings"`
	Untagged, secret string
}

// Extra is exported because encoding/json cannot set an embedded pointer to an
// unexported struct.
type Extra struct {
	More string `json:"more"`
	ID   string // its name is "ID", not "id"
}

func TestDecode(t *testing.T) {
	t.Parallel()

	const body = `{"id":7,"more":"m","ID":"x","role":"user","note":null,"lines":[{"sku":"a","count":2}],
		"fixed":[{"sku":"f"},{}],"by_name":{"X":{"sku":"n"},"x":{"sku":"m"}},"free":{"Role":{"ROLE":1}},
		"raw":{"Any":[1]},"at":"2026-01-02T03:04:05Z","created":"2026-01-02T03:04:05Z","data":"AQI=",
		"next":{"role":"next","next":null},"strings":{"A":"b"},"Untagged":"u"}`
	var got, want order
	if err := strictjson.Decode([]byte(body), &got, strictjson.Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || got.ByName["x"].SKU != "m" || got.Next.Role != "next" || got.Extra.ID != "x" || got.secret != "" {
		t.Errorf("got %+v", got)
	}
}

// TestDecodeNamesAreExact is lesson M10: encoding/json takes each of these bodies.
func TestDecodeNamesAreExact(t *testing.T) {
	t.Parallel()

	tests := []struct{ body, path string }{
		{`{"role":"user","ROLE":"admin"}`, "ROLE"},
		{`{"Role":"admin"}`, "Role"},
		{`{"role ":"admin"}`, "role "},
		{`{"ro\u006ce":"user","\u0052ole":"admin"}`, "Role"},
		{`{"lines":[{"sku":"a"},{"SKU":"b"}]}`, "lines.1.SKU"},
		{`{"fixed":[{"Sku":"a"}]}`, "fixed.0.Sku"},
		{`{"by_name":{"k":{"Count":1}}}`, "by_name.k.Count"},
		{`{"next":{"next":{"NEXT":null}}}`, "next.next.NEXT"},
		{`{"unknown":1}`, "unknown"},
		{`{"Hidden":1}`, "Hidden"},
		{`{"-":1}`, "-"},
		{`{"secret":1}`, "secret"},
		{`{"base":{}}`, "base"},
		{`{"Extra":{}}`, "Extra"},
		{`{"Id":1}`, "Id"},
		{`{"ſku":1}`, "ſku"},
	}
	for _, tt := range tests {
		if err := json.Unmarshal([]byte(tt.body), new(order)); err != nil {
			t.Errorf("%s: encoding/json refuses it too: %v", tt.body, err)
		}
		var got order
		err := strictjson.Decode([]byte(tt.body), &got, strictjson.Limits{})
		var member *strictjson.MemberError
		if !errors.As(err, &member) || member.Path != tt.path {
			t.Errorf("%s: error %v, want path %q", tt.body, err, tt.path)
		}
		if !reflect.DeepEqual(got, order{}) {
			t.Errorf("%s: written before it was refused: %+v", tt.body, got)
		}
	}
}

// TestDecodeNamesTheRefusedMember: the path of a member whose own type refuses the value
// is in the error, at any depth.
func TestDecodeNamesTheRefusedMember(t *testing.T) {
	t.Parallel()
	type timed struct {
		At   time.Time        `json:"at"`
		On   *time.Time       `json:"on"`
		Of   map[string]timed `json:"of"`
		List []timed          `json:"list"`
		Any  any              `json:"any"`
		N    int              `json:"n"`
	}
	for body, path := range map[string]string{
		`{"at":"x"}`:                            "at",
		`{"any":{"at":"x"},"on":"x"}`:           "on",
		`{"on":null,"list":[{},{"at":"noon"}]}`: "list.1.at",
		`{"of":{"k":{"list":[{"on":"x"}]}}}`:    "of.k.list.0.on",
		// encoding/json skips a value of another kind and fails at the next member.
		`{"n":"x","at":"x"}`:                    "at",
		`{"list":[[1]],"at":"x"}`:               "at",
		`{"list":{"at":"x"},"at":"x"}`:          "at",
		`{"of":[{"at":"x"}],"at":"x"}`:          "at",
		`{"of":{"k":[{}]},"list":[{"at":"x"}]}`: "list.0.at",
	} {
		var got timed
		err := strictjson.Decode([]byte(body), &got, strictjson.Limits{})
		var member *strictjson.MemberError
		if !errors.As(err, &member) || member.Path != path || member.Reason != "is not a timestamp in the form of RFC 3339" {
			t.Errorf("%s: %v, want the path %s", body, err, path)
		}
	}
}

type left struct {
	A string
	B string `json:"b"`
	C string
}

type right struct {
	A string
	B string `json:"other"`
	D string `json:"C"`
}

// TestFieldRules holds the names against what encoding/json itself writes.
func TestFieldRules(t *testing.T) {
	t.Parallel()

	type outer struct {
		left
		right
	}
	type recursive struct {
		//lint:ignore U1000 embedded in itself on purpose
		*recursive
		D string `json:"d,omitempty"`
	}
	for _, v := range []any{&outer{}, &recursive{D: "x"}, &order{Extra: &Extra{}}, &struct {
		Own time.Duration `json:",omitzero"`
		Any any           `json:"any"`
	}{Own: 1}} {
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fresh := reflect.New(reflect.TypeOf(v).Elem()).Interface()
		if err := strictjson.Decode(body, fresh, strictjson.Limits{}); err != nil {
			t.Errorf("%T: %s: %v", v, body, err)
		}
	}
	// encoding/json drops both fields of a name that two have an equal right to.
	if err := strictjson.Decode([]byte(`{"A":"1"}`), new(outer), strictjson.Limits{}); err == nil {
		t.Error("the ambiguous name was accepted")
	}
}

type moody struct{ err error }

func (m *moody) UnmarshalJSON([]byte) error { return m.err }

func TestDecodeErrors(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, body string
		into       any
		want       string
	}{
		{"syntax first", `{"ROLE":1,}`, new(order), "a key in double quotes"},
		{"duplicate", `{"role":"a","role":"b"}`, new(order), "appears twice"},
		{"wrong kind", `{"role":1}`, new(order), `member "role" cannot be number`},
		{"wrong kind inside", `{"lines":[{"count":"1"}]}`, new(order), `"lines.count" cannot be string`},
		{"fraction", `{"id":1.5}`, new(order), "cannot be number 1.5"},
		{"overflow", `{"id":99999999999999999999}`, new(order), "cannot be number"},
		{"array for object", `[]`, new(order), "the document cannot be array"},
		{"own decoder", `{}`, &moody{errors.New("s3cret")}, "the document has a value that is not valid"},
		{"bad time", `{"at":"yesterday"}`, new(order), `member "at" is not a timestamp`},
	}
	for _, tt := range tests {
		err := strictjson.Decode([]byte(tt.body), tt.into, strictjson.Limits{})
		var texter interface {
			Problem() string
			ProblemText() (message, details, hint string)
		}
		if !errors.As(err, &texter) {
			t.Errorf("%s: error %v has no text", tt.name, err)
			continue
		}
		message, _, _ := texter.ProblemText()
		if !strings.Contains(message, tt.want) || strings.Contains(message, "s3cret") || texter.Problem() != "PGRST102" {
			t.Errorf("%s: %s %q, want %q", tt.name, texter.Problem(), message, tt.want)
		}
	}
}

func TestDecodePassesOnCodedErrors(t *testing.T) {
	t.Parallel()

	own := &strictjson.SyntaxError{Reason: "of a type's own"}
	if err := strictjson.Decode([]byte("{}"), &moody{own}, strictjson.Limits{}); !errors.Is(err, own) {
		t.Errorf("error = %v", err)
	}
	cause := errors.New("cause")
	if err := strictjson.Decode([]byte("{}"), &moody{cause}, strictjson.Limits{}); !errors.Is(err, cause) {
		t.Errorf("error = %v", err)
	}
}

func TestDecodeNeedsItsPointer(t *testing.T) {
	t.Parallel()

	shape := strictjson.Compile(reflect.TypeFor[line]())
	for _, v := range []any{nil, line{}, new(order)} {
		if err := shape.Decode([]byte("{}"), v, strictjson.Limits{}); err == nil {
			t.Errorf("decoded into %T", v)
		}
	}
	if err := strictjson.Decode([]byte("{}"), line{}, strictjson.Limits{}); err == nil {
		t.Error("decoded into a struct")
	}
	var got line
	if err := shape.DecodeValue(parse(t, `{"sku":"a"}`), &got); err != nil || got.SKU != "a" {
		t.Errorf("got %+v, %v", got, err)
	}
}
