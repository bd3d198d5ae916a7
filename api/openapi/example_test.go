package openapi_test

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/seed-7694ebf6/plinth/api/openapi"
)

// Go types as the schemas of a document.
func ExampleNewTypes() {
	type order struct {
		Article string   `json:"article" validate:"required"`
		Notes   []string `json:"notes"`
	}
	schema, err := json.Marshal(openapi.NewTypes("shop.").Input(reflect.TypeFor[order]()))
	fmt.Println(string(schema), err)
	// Output: {"type":"object","properties":{"article":{"type":"string","minLength":1},"notes":{"type":["array","null"],"items":{"type":"string"}}},"required":["article"],"additionalProperties":false} <nil>
}
