package validate_test

import (
	"database/sql"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// Color is a string of the application.
type Color string

type address struct {
	City string `json:"city" validate:"max=3"`
}

func decimal(s string) store.Decimal {
	d, err := store.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestCheck(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 5)
	for _, test := range []struct {
		name       string
		value      any
		rules      string
		rule, text string
	}{
		{"none", "x", "", "", ""},
		{"fits", "abcd", "max=5,min=1", "", ""},
		{"characters, not bytes", long, "max=5", "", ""},
		{"text too long", "abcdef", "max=5,email", "max", "must be at most 5 characters"},
		{"one character", "ab", "max=1", "max", "must be at most 1 character"},
		{"text too short", "", "min=2", "min", "must be at least 2 characters"},
		{"exact text", "ab", "len=3", "len", "must be exactly 3 characters"},
		{"text, more than", "ab", "gt=2", "gt", "must be at least 3 characters"},
		{"text, less than", "ab", "lt=2", "lt", "must be at most 1 character"},
		{"the second rule", "ab", "max=5,email", "email", "must be an email address"},
		{"optional and empty", "", "omitempty,email", "", ""},
		{"empty", "", "email", "email", "must be an email address"},
		{"number too large", int64(6), "max=5", "max", "must be at most 5"},
		{"number too small", 0.5, "min=1", "min", "must be at least 1"},
		{"number, more than", 1, "gt=1", "gt", "must be greater than 1"},
		{"number, less than", 1, "lt=1", "lt", "must be less than 1"},
		{"decimal", decimal("10.01"), "max=10", "max", "must be at most 10"},
		{"decimal that fits", decimal("9.99"), "max=10", "", ""},
		{"too many items", []string{"a", "b"}, "max=1", "max", "must have at most 1 item"},
		{"too few items", []string{}, "min=2", "min", "must have at least 2 items"},
		{"bytes", []byte("abc"), "max=2", "max", "must be at most 2 bytes"},
		{"an item", []string{"a", "bcd"}, "max=3,dive,max=2", "max", "item 2: must be at most 2 characters"},
		{"twice", []string{"a", "a"}, "unique", "unique", "must not have the same item twice"},
		{"choice", "green", "oneof=red 'light blue'", "oneof", "must be one of: red, light blue"},
		{"own type", Color("green"), "oneof=red", "oneof", "must be one of: red"},
		{"prefix", "x", "startswith=ab", "startswith", "must start with ab"},
		{"either", "x", "email|url", "email|url", "does not satisfy the rule email|url"},
		{"alias", "x", "iscolor", "iscolor", "must be a color"},
		{"unnamed rule", "x", "bic", "bic", "does not satisfy the rule bic"},
		{"future", time.Unix(1, 0), "gt", "gt", "must be in the future"},
		{"past", time.Now().Add(time.Hour), "lt", "lt", "must be in the past"},
		{"id", store.NewID(), "uuid", "", ""},
		{"nil", nil, "max=1", "", ""},
		{"nil pointer", (*string)(nil), "max=1", "", ""},
		{"pointer", new("ab"), "max=1", "max", "must be at most 1 character"},
		{"null", sql.NullString{}, "max=1", "", ""},
		{"not null", sql.NullString{String: "ab", Valid: true}, "max=1", "max", "must be at most 1 character"},
		{"a struct kept as JSON", address{City: "Rome"}, "omitempty", "max", "city: must be at most 3 characters"},
		{"unknown rule", "x", "nosuchrule", "nosuchrule", "cannot be checked"},
		{"rule of another type", true, "max=1", "max=1", "cannot be checked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rule, text := validate.New().Check(test.value, test.rules)
			if rule != test.rule || text != test.text {
				t.Errorf("Check(%v, %q) = %q, %q, want %q, %q", test.value, test.rules, rule, text, test.rule, test.text)
			}
		})
	}
}

func TestCheckRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rules string
		typ   reflect.Type
		want  string // a part of the error; empty: none
	}{
		{"", reflect.TypeFor[string](), ""},
		{"-", reflect.TypeFor[string](), ""},
		{"required,max=200,email", reflect.TypeFor[string](), ""},
		{"omitempty,email|url", reflect.TypeFor[*string](), ""},
		{"min=1,max=9.5", reflect.TypeFor[float64](), ""},
		{"min=0.01", reflect.TypeFor[store.Decimal](), ""},
		{"uuid", reflect.TypeFor[store.ID](), ""},
		{"gt", reflect.TypeFor[time.Time](), ""},
		{"max=5", reflect.TypeFor[sql.NullString](), ""},
		{"max=5", reflect.TypeFor[sql.Null[int64]](), ""},
		{"max=5", reflect.TypeFor[[]byte](), ""},
		{"max=5,dive,max=20,alphanum", reflect.TypeFor[[]string](), ""},
		{"oneof=a b", reflect.TypeFor[Color](), ""},
		{"omitempty,max=5", reflect.TypeFor[any](), ""},
		{"max=10,dive,keys,max=64,endkeys,max=200", reflect.TypeFor[map[string]string](), ""},
		{"dive,keys,alphanum,endkeys", reflect.TypeFor[map[string][]int](), ""},
		{"dive,dive,keys,max=64,endkeys,max=200", reflect.TypeFor[[]map[string]string](), ""},

		{"dive,keys,nosuchrule,endkeys", reflect.TypeFor[map[string]string](), "nosuchrule"},
		{"dive,keys,max=64,endkeys,max=abc", reflect.TypeFor[map[string]string](), "abc"},
		{"dive,keys,max=64", reflect.TypeFor[map[string]string](), "keys"},
		{"dive,keys,max=64,endkeys", reflect.TypeFor[[]string](), "keys"},
		{"dive,keys,file,endkeys", reflect.TypeFor[map[string]string](), "server"},
		{"nosuchrule", reflect.TypeFor[string](), "nosuchrule"},
		{"min=3,nosuchrule", reflect.TypeFor[string](), "nosuchrule"},
		{"max=abc", reflect.TypeFor[string](), "abc"},
		{"min=3,max=abc", reflect.TypeFor[string](), "abc"},
		{"omitempty,max=abc", reflect.TypeFor[[]string](), "abc"},
		{"email|max=abc", reflect.TypeFor[string](), "abc"},
		{"max=1", reflect.TypeFor[bool](), "bool"},
		{"max=1.5", reflect.TypeFor[int](), "1.5"},
		{"oneof=a", reflect.TypeFor[float64](), "float64"},
		{"max=3,dive,nosuchrule", reflect.TypeFor[[]string](), "nosuchrule"},
		{"max=3,dive,max=abc", reflect.TypeFor[[]string](), "abc"},
		{"dive,max=3", reflect.TypeFor[string](), "dive"},
		{"min=3,dive,max=3", reflect.TypeFor[string](), "dive"},
		{"eqfield=Other", reflect.TypeFor[string](), "other fields"},
		{"required_if=A b", reflect.TypeFor[string](), "other fields"},
		{"max=3,file", reflect.TypeFor[string](), "server"},
		{"email|tcp_addr", reflect.TypeFor[string](), "network"},
		{"max=3,dive,dir", reflect.TypeFor[[]string](), "server"},
		{"nosuchrule", reflect.TypeFor[any](), "nosuchrule"},
		{"omitempty,nosuchrule", reflect.TypeFor[any](), "nosuchrule"},
		{"file", reflect.TypeFor[any](), "server"},
		{"dive,eqfield=Other", reflect.TypeFor[[]any](), "other fields"},
	} {
		t.Run(test.rules+" "+test.typ.String(), func(t *testing.T) {
			t.Parallel()
			err := validate.New().CheckRules(test.rules, test.typ)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("CheckRules = %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("CheckRules = %v, want an error about %q", err, test.want)
			}
		})
	}
}

// TestOutside: what looks at the server or the network is run nowhere, also in a struct
// that the library walks by itself.
func TestOutside(t *testing.T) {
	t.Parallel()
	type place struct {
		Folder string `json:"folder" validate:"dir"`
	}
	folder, v := t.TempDir(), validate.New()
	for _, tt := range []struct {
		value       any
		rules, want string
	}{
		{folder, "dir", "dir"},
		{folder, "dirpath", "dirpath"},
		{"validate_test.go", "file", "file"},
		{"127.0.0.1:80", "tcp4_addr", "tcp4_addr"},
		{place{folder}, "omitempty", "dir"},
		{map[string]place{"a": {folder}}, "dive", "dir"},
	} {
		if rule, _ := v.Check(tt.value, tt.rules); rule != tt.want {
			t.Errorf("Check(%v, %q): %q is broken, want %q", tt.value, tt.rules, rule, tt.want)
		}
	}
}

func TestCheckConcurrently(t *testing.T) {
	t.Parallel()
	v := validate.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				rules, want := "max=3", ""
				if i%2 == 0 {
					rules, want = "max=2", "max"
				}
				if rule, _ := v.Check("abc", rules); rule != want {
					t.Errorf("Check(%q) = %q", rules, rule)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzCheck(f *testing.F) {
	f.Add("abc", "max=2")
	f.Add("", "omitempty,email|url")
	f.Add("x", "dive,keys,max=1,endkeys")
	f.Add("x", ",,|=")
	f.Fuzz(func(t *testing.T, value, rules string) {
		v := validate.New() // one for all would keep all rules
		if v.CheckRules(rules, reflect.TypeFor[string]()) != nil {
			return
		}
		// Rules that were accepted can judge every value.
		if _, text := v.Check(value, rules); text == "cannot be checked" {
			t.Errorf("Check(%q, %q) cannot be checked", value, rules)
		}
	})
}
