package document_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// known is what answers have told: which keys there are, and of which tags.
type known struct {
	keys  map[string][]any    // by table.column
	tags  map[string]string   // by caller and target
	links map[string][]string // next pages by caller and operation
}

// maxKnown bounds each list: old keys are those of rows that may be deleted.
const maxKnown = 50

func (k *known) add(name string, v any) {
	list := append(k.keys[name], v)
	k.keys[name] = list[max(0, len(list)-maxKnown):]
}

// one returns a key that there was when it was read.
func (k *known) one(g *generator, name string) (any, bool) {
	if len(k.keys[name]) == 0 {
		return nil, false
	}
	return pick(g, k.keys[name]), true
}

// learn keeps what an answer tells.
func (k *known) learn(d *document, r *request, a *answer) {
	if a.status >= 300 {
		return
	}
	if tag := a.header.Get("ETag"); tag != "" && r.method == http.MethodGet {
		k.tags[r.caller+" "+r.target] = tag
	}
	if link := a.header.Get("Link"); link != "" {
		target, _, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
		k.links[r.caller+" "+r.op.OperationID] = append(k.links[r.caller+" "+r.op.OperationID], target)
	}
	if r.row != nil || a.value == nil {
		return // the members may be others than columns
	}
	rows, many := a.value.([]any)
	if !many {
		rows = []any{a.value}
	}
	for _, row := range rows {
		row, _ := row.(map[string]any)
		for _, column := range d.keyOf(r.op.Tags[0]) {
			if v, ok := row[column]; ok {
				k.add(r.op.Tags[0]+"."+column, v)
			}
		}
	}
}

// keyOf returns the columns whose descriptions say that they are the key.
func (d *document) keyOf(table string) []string {
	row := d.Components.Schemas[table+".Row"]
	if row == nil {
		return nil
	}
	var key []string
	for _, name := range slices.Sorted(maps.Keys(row.Properties)) {
		if strings.Contains(strings.ToLower(row.Properties[name].Description), "primary key") {
			key = append(key, name)
		}
	}
	return key
}
