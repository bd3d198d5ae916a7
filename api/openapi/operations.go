package openapi

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/catalog"
)

// operation is one method of one form of path, as the dispatch table of package
// api has them.
type operation struct {
	pattern, method string
	id, summary     string
	allowed         func(*catalog.Table) bool

	parameters []string // keys of parameters
	filters    bool     // one parameter for each column that can be read
	body       func(*API, *catalog.Table) *RequestBody
	answers    []answer
	failures   []int
}

// answer is how an operation succeeds.
type answer struct {
	status      int
	description string
	headers     []string
	content     func(*Schema) Content // of the row; nil where there is no body
}

// writes reports whether the operation may change something.
func (op *operation) writes() bool {
	return op.method != http.MethodGet && op.method != http.MethodHead
}

// The patterns of paths.
const (
	patternTable = "/{table}"
	patternRow   = "/{table}/{id}"
	patternCall  = "/rpc/{function}"
)

var (
	listParameters = []string{"select", "order", "limit", "offset", "after", "and", "or", "not.and", "not.or", "Prefer.read", "Accept-Profile", "Range", "If-None-Match"}
	listHeaders    = []string{"Content-Range", "Content-Location", "Embed-Limit", "ETag", "Link", "Preference-Applied"}
	rowParameters  = []string{"select", "Accept-Profile", "If-Match", "If-None-Match"}
	rowHeaders     = []string{"Embed-Limit", "ETag", "Content-Location"}
	sameHeaders    = []string{"ETag", "Content-Location", "Preference-Applied"}
	preferred      = []string{"Preference-Applied"}
	wroteHeaders   = []string{"Content-Range", "Preference-Applied"}

	readFailures  = []int{300, 400, 401, 406, 416, 503}
	writeFailures = []int{300, 400, 401, 403, 404, 406, 409, 413, 415, 503}
	callFailures  = append([]int{416}, writeFailures...)
)

// operations returns the operations on tables and on single rows.
func operations() []operation {
	return slices.Concat(readOperations(), writeOperations(), rowReadOperations(), rowWriteOperations())
}

// Whether a caller has an operation on a table.
func reads(t *catalog.Table) bool   { return t.Read }
func creates(t *catalog.Table) bool { return t.Create }
func updates(t *catalog.Table) bool { return t.Update }
func puts(t *catalog.Table) bool    { return t.Create && t.Update && t.Keyed() }
func deletes(t *catalog.Table) bool { return t.Delete }

// byID is allowed for tables in which single rows have a path.
func byID(allowed func(*catalog.Table) bool) func(*catalog.Table) bool {
	return func(t *catalog.Table) bool { return t.ByID && allowed(t) }
}

// What is the same for several operations.
const (
	notModified    = "The client has the current answer."
	representation = "With `Prefer: return=representation` the body has the rows in the forms that GET answers with. Without it there is none."
)

var (
	changed = []answer{
		{http.StatusOK, "The rows, with `Prefer: return=representation`.", wroteHeaders, rows},
		{http.StatusNoContent, "Done.", wroteHeaders, nil},
	}
	changedRow = []answer{
		{http.StatusOK, "The row, with `Prefer: return=representation`.", []string{"ETag", "Preference-Applied"}, row},
		{http.StatusNoContent, "Done.", []string{"Preference-Applied"}, nil},
	}
	filterParameters    = []string{"select", "order", "and", "or", "not.and", "not.or", "Prefer.write", "Content-Profile"}
	changeRowParameters = []string{"select", "Prefer.write", "Content-Profile", "If-Match"}
)

func readOperations() []operation {
	countParameters := slices.DeleteFunc(slices.Clone(listParameters), func(key string) bool { return key == "Range" })
	return []operation{
		{
			patternTable, http.MethodGet, "list", "List rows", reads, listParameters, true, nil,
			[]answer{
				{http.StatusOK, "The rows.", listHeaders, rows},
				{http.StatusPartialContent, "The rows, and there are more.", listHeaders, rows},
				{http.StatusNotModified, notModified, sameHeaders, nil},
			},
			readFailures,
		},
		{
			patternTable, http.MethodHead, "count", "Count rows", reads, countParameters, true, nil,
			[]answer{
				{http.StatusOK, "As GET, without the rows.", listHeaders, nil},
				{http.StatusPartialContent, "As GET, without the rows; there are more.", listHeaders, nil},
				{http.StatusNotModified, notModified, sameHeaders, nil},
			},
			readFailures,
		},
	}
}

// writeOperations are the writes of any number of rows. An answer that has a body only with
// a preference declares none: generated clients would fail to read it.
func writeOperations() []operation {
	return []operation{
		{
			patternTable, http.MethodPost, "insert", "Insert rows", creates,
			[]string{"select", "columns", "on_conflict", "Prefer.insert", "Content-Profile"},
			false, insertBody,
			[]answer{
				{http.StatusCreated, "The rows exist. " + representation, append([]string{"Location"}, wroteHeaders...), nil},
				{http.StatusOK, "Every row existed and was merged. " + representation, append([]string{"Location"}, wroteHeaders...), nil},
			},
			writeFailures,
		},
		{
			patternTable, http.MethodPut, "put", "Insert or replace the row with the key in the filters", puts,
			[]string{"select", "columns", "Prefer.write", "Content-Profile", "If-None-Match.put"},
			true, putBody,
			append([]answer{{http.StatusCreated, "The row is new. " + representation, wroteHeaders, nil}}, changed...),
			append([]int{405, 412}, writeFailures...),
		},
		{
			patternTable, http.MethodPatch, "update", "Change the rows that filters, at least one, select", updates,
			append([]string{"columns"}, filterParameters...), true, updateBody, changed, writeFailures,
		},
		{
			patternTable, http.MethodDelete, "delete", "Delete the rows that filters, at least one, select", deletes,
			filterParameters, true, nil, changed,
			[]int{300, 400, 401, 403, 404, 406, 409, 503},
		},
	}
}

func rowReadOperations() []operation {
	failures := []int{300, 400, 401, 404, 406, 412, 503}
	return []operation{
		{
			patternRow, http.MethodGet, "get", "Read a row", byID(reads), rowParameters, false, nil,
			[]answer{
				{http.StatusOK, "The row.", rowHeaders, row},
				{http.StatusNotModified, notModified, rowHeaders, nil},
			},
			failures,
		},
		{
			patternRow, http.MethodHead, "head", "Look for a row", byID(reads), rowParameters, false, nil,
			[]answer{
				{http.StatusOK, "As GET, without the row.", rowHeaders, nil},
				{http.StatusNotModified, notModified, rowHeaders, nil},
			},
			failures,
		},
	}
}

func rowWriteOperations() []operation {
	created := answer{http.StatusCreated, "The row is new. " + representation, []string{"ETag", "Preference-Applied"}, nil}
	return []operation{
		{
			patternRow, http.MethodPut, "putOne", "Insert or replace a row", byID(puts),
			append([]string{"columns", "If-None-Match.put"}, changeRowParameters...), false, putBody,
			append([]answer{created}, changedRow...), append([]int{412}, writeFailures...),
		},
		{
			patternRow, http.MethodPatch, "updateOne", "Change a row", byID(updates),
			append([]string{"columns"}, changeRowParameters...), false, updateBody, changedRow, append([]int{412}, writeFailures...),
		},
		{
			patternRow, http.MethodDelete, "deleteOne", "Delete a row", byID(deletes),
			changeRowParameters, false, nil, changedRow,
			[]int{300, 400, 401, 403, 404, 406, 409, 412, 503},
		},
	}
}

// RequestBody is an OpenAPI request body.
type RequestBody struct {
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Content     Content `json:"content"`
}

// insertBody lists no form: openapi-python-client makes code that fails of a list beside a
// second media type that it supports.
func insertBody(s *API, t *catalog.Table) *RequestBody {
	one := ref(t.Table.Name + ".Insert")
	many := list(one)
	many.MaxItems = count(s.Rows)
	return &RequestBody{
		Description: "A row, or a list of rows with the same members. A form (application/x-www-form-urlencoded) with the columns of one row is accepted too.", Required: true,
		Content: Content{
			{jsonForm, &Schema{AnyOf: []*Schema{one, many}}},
			{csvForm, &Schema{Type: TypeList{"string"}, Description: "Rows as CSV; the first line names the columns, and the word NULL is null."}},
		},
	}
}

// putBody is not the schema of an insert: a row that exists may be sent as it was
// read, with columns that are not written.
func putBody(_ *API, t *catalog.Table) *RequestBody {
	description := "The columns of the row; the path of a row stands for its key."
	for _, c := range t.Table.PrimaryKey {
		if !t.Creatable.Has(c) {
			description += " No new row can be given " + c.Name + "."
		}
	}
	return &RequestBody{
		Description: description, Required: true,
		Content: Content{{jsonForm, object()}},
	}
}

func updateBody(_ *API, t *catalog.Table) *RequestBody {
	return &RequestBody{
		Description: "The columns to change; the others stay as they are.", Required: true,
		Content: Content{{jsonForm, ref(t.Table.Name + ".Update")}},
	}
}
