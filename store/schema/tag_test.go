package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/uptrace/bun"
)

// tagged returns a model with the tags of its table and of columns of several types.
func tagged(table, text, number string, more ...reflect.StructField) any {
	fields := append([]reflect.StructField{
		{Name: "BaseModel", Type: reflect.TypeFor[bun.BaseModel](), Anonymous: true, Tag: reflect.StructTag(`bun:"table:things" plinth:"` + table + `"`)},
		{Name: "ID", Type: reflect.TypeFor[int64](), Tag: `bun:",pk"`},
		{Name: "Text", Type: reflect.TypeFor[string](), Tag: reflect.StructTag(`plinth:"` + text + `"`)},
		{Name: "Number", Type: reflect.TypeFor[int64](), Tag: reflect.StructTag(`plinth:"` + number + `"`)},
		{Name: "Doc", Type: reflect.TypeFor[map[string]any](), Tag: `bun:"type:jsonb"`},
		{Name: "On", Type: reflect.TypeFor[bool]()},
	}, more...)
	return reflect.New(reflect.StructOf(fields)).Elem().Interface()
}

// TestMisusedTags wants an error for each tag that cannot mean anything.
func TestMisusedTags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ table, text, number, want string }{
		{text: "foo", want: `plinth tag "foo": want options out of createonly, `},
		{text: "enum", want: "want options out of"},
		{text: "enum=", want: "enum has an empty value: write it as ''"},
		{text: "enum=a||b", want: "an empty value"},
		{text: "enum=a|a", want: "enum has 'a' twice"},
		{text: "enum=a|'a'", want: "enum has 'a' twice"},
		{text: "enum=a| b", want: `enum has " b": put it in single quotes`},
		{text: "enum=it's", want: "a single quote has no end"},
		{text: "enum='a'b'c'", want: "a quote in quotes is written twice"},
		{text: "enum=a,enum=b", want: "a second enum"},
		{number: "enum=1|2", want: "enum is for text, and the column is integer"},
		{text: "index,index", want: "index stands twice"},
		{text: "index,index=text", want: "index of text stands twice"},
		{text: "index=", want: "want options out of"},
		{text: "index=text|nope", want: `there is no column "nope"`},
		{text: "index=text|text", want: "text stands twice"},
		{table: "index", want: `there is no column ""`},
		{table: "index=doc", want: "doc is json"},
		{table: "index=text where", want: `there is no column "text where"`},
		{table: "index=text where nope = 1", want: `there is no column "nope"`},
		{table: "unique=id", want: "the columns are a unique key already"},
		{table: "unique=text,unique=text", want: "stands twice"},
		{table: "enum=a", want: "a table takes index=a|b, unique=a|b and check=a > 0"},
		{table: "hidden", want: "a table takes"},
		{table: "check=", want: "want options out of"},
		{number: "check=number", want: "number is compared with nothing"},
		{number: "check=number >", want: "the condition ends too early"},
		{number: "check=number > text", want: "number is integer and text is text"},
		{number: "check=number > 'x'", want: "'x' is no integer for number"},
		{number: "check=number > 1.5", want: "'1.5' is no integer"},
		{number: "check=number > 1 or", want: "too early"},
		{number: "check=number > 1 number", want: `unexpected "number"`},
		{number: "check=(number > 1", want: "the parentheses do not match"},
		{number: "check=number + 1 > 2", want: "number is compared with nothing"},
		{number: "check=abs(number) > 2", want: `there is no column "abs"`},
		{number: "check=number > (select 1)", want: `there is no column "select"`},
		{number: "check=1 > 0", want: "a comparison needs a column"},
		{number: "check=number = null", want: `unexpected "null"`},
		{number: "check=not number", want: "not needs a boolean column"},
		{number: "check=on > false", want: "can only be compared by = and <>"},
		{number: "check=doc = '{}'", want: "can only be compared by is null"},
		{number: "check=text = 5", want: "put 5 in single quotes"},
		{number: "check=number > 0,check=0 < number", want: "stands twice"},
		{number: "check=" + strings.Repeat("(", 40) + "number > 0" + strings.Repeat(")", 40), want: "more than 32 levels"},
		{text: "nodefault,hidden", want: "nodefault is for a column that clients may give"},
		{number: "generated=bydefault", want: "add autoincrement to the bun tag"},
		{text: "hidden,secret", want: "secret is a second mode"},
	} {
		db := storetest.New(t)
		err := db.Register(tagged(tt.table, tt.text, tt.number))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s %s: %v, want %q", tt.table, tt.text, tt.number, err, tt.want)
		}
	}
}

// badDefault, badNullable, badRelation and badView are wrong in what a tag of one column
// cannot show.
type (
	badDefault struct {
		bun.BaseModel `bun:"table:things"`
		ID            int64  `bun:",pk"`
		Text          string `bun:",default:'x'" plinth:"enum=a|b"`
	}
	badNullable struct {
		bun.BaseModel `bun:"table:things"`
		ID            int64   `bun:",pk"`
		Text          *string `plinth:"nodefault"`
	}
	badRelation struct {
		bun.BaseModel `bun:"table:things"`
		ID            int64 `bun:",pk"`
		OtherID       int64
		Other         *badRelation `bun:"rel:belongs-to,join:other_id=id" plinth:"index"`
	}
	badView struct {
		bun.BaseModel `bun:"table:things" plinth:"index=text"`
		store.View
		Text string `plinth:"enum=a|b"`
	}
	badGenerated struct {
		bun.BaseModel `bun:"table:things"`
		ID            int64 `bun:",pk,autoincrement" plinth:"generated=bydefault,readonly"`
	}
)

func TestMisusedTagsOfModels(t *testing.T) {
	t.Parallel()
	for want, model := range map[string]any{
		"the default 'x' is not in its enum":                     badDefault{},
		"nodefault is for a column that is neither nullable nor": badNullable{},
		`plinth tag "index": the field is a relation`:            badRelation{},
		"a view has no index":                                    badView{},
		"lets clients give the key, and its mode forbids it":     badGenerated{},
	} {
		if err := storetest.New(t).Register(model); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: %v, want %q", model, err, want)
		}
	}
}
