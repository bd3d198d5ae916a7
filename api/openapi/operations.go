package openapi

import (
	"net/http"
	"slices"
)

// operation is one method of one form of path, as the dispatch table of package
// api has them.
type operation struct {
	pattern, method string
	id, summary     string
	allowed         func(*Table) bool

	parameters []string // keys of parameters
	filters    bool     // one parameter for each column that can be read
	body       func(*Surface, *Table) *RequestBody
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

// operations are the operations on tables.
func operations() []operation {
	reads := func(t *Table) bool { return t.Read }
	readsRow := func(t *Table) bool { return t.Read && t.ByID }
	updates := func(t *Table) bool { return t.Update }
	puts := func(t *Table) bool { return t.Create && t.Update && t.keyed() }
	deletes := func(t *Table) bool { return t.Delete }
	changed := []answer{
		{http.StatusOK, "The rows, with `Prefer: return=representation`.", wroteHeaders, rows},
		{http.StatusNoContent, "Done.", wroteHeaders, nil},
	}
	changedRow := []answer{
		{http.StatusOK, "The row, with `Prefer: return=representation`.", []string{"ETag", "Preference-Applied"}, row},
		{http.StatusNoContent, "Done.", []string{"Preference-Applied"}, nil},
	}
	filterParameters := []string{"select", "order", "and", "or", "not.and", "not.or", "Prefer.write", "Content-Profile"}
	changeRowParameters := []string{"select", "Prefer.write", "Content-Profile", "If-Match"}
	return []operation{
		{
			patternTable, http.MethodGet, "list", "List rows", reads, listParameters, true, nil,
			[]answer{
				{http.StatusOK, "The rows.", listHeaders, rows},
				{http.StatusPartialContent, "The rows, and there are more.", listHeaders, rows},
				{http.StatusNotModified, "The answer is the one at hand.", sameHeaders, nil},
			},
			readFailures,
		},
		{
			patternTable, http.MethodHead, "count", "Count rows", reads, slices.DeleteFunc(slices.Clone(listParameters), func(key string) bool { return key == "Range" }), true, nil,
			[]answer{
				{http.StatusOK, "As GET, without the rows.", listHeaders, nil},
				{http.StatusPartialContent, "As GET, without the rows; there are more.", listHeaders, nil},
				{http.StatusNotModified, "The answer is the one at hand.", sameHeaders, nil},
			},
			readFailures,
		},
		{
			patternTable, http.MethodPost, "insert", "Insert rows", func(t *Table) bool { return t.Create },
			[]string{"select", "columns", "on_conflict", "Prefer.insert", "Content-Profile"},
			false, insertBody,
			[]answer{
				{http.StatusCreated, "The rows exist. Their form follows with `Prefer: return=representation`.", append([]string{"Location"}, wroteHeaders...), rows},
				{http.StatusOK, "Every row existed and was merged; the rows follow with `Prefer: return=representation`.", append([]string{"Location"}, wroteHeaders...), rows},
			},
			writeFailures,
		},
		{
			patternTable, http.MethodPut, "put", "Insert or replace the row whose key the filters name", puts,
			[]string{"select", "columns", "Prefer.write", "Content-Profile"},
			true, putBody,
			append([]answer{{http.StatusCreated, "The row is new, with `Prefer: return=representation`.", wroteHeaders, rows}}, changed...),
			append([]int{405}, writeFailures...),
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
		{
			patternRow, http.MethodGet, "get", "Read a row", readsRow, rowParameters, false, nil,
			[]answer{
				{http.StatusOK, "The row.", rowHeaders, row},
				{http.StatusNotModified, "The answer is the one at hand.", rowHeaders, nil},
			},
			[]int{300, 400, 401, 404, 406, 412, 503},
		},
		{
			patternRow, http.MethodHead, "head", "Look for a row", readsRow, rowParameters, false, nil,
			[]answer{
				{http.StatusOK, "As GET, without the row.", rowHeaders, nil},
				{http.StatusNotModified, "The answer is the one at hand.", rowHeaders, nil},
			},
			[]int{300, 400, 401, 404, 406, 412, 503},
		},
		{
			patternRow, http.MethodPut, "putOne", "Insert or replace a row", func(t *Table) bool { return puts(t) && t.ByID },
			append([]string{"columns", "If-None-Match"}, changeRowParameters...), false, putBody,
			append([]answer{{http.StatusCreated, "The row is new, with `Prefer: return=representation`.", []string{"ETag", "Preference-Applied"}, row}}, changedRow...),
			append([]int{412}, writeFailures...),
		},
		{
			patternRow, http.MethodPatch, "updateOne", "Change a row", func(t *Table) bool { return t.Update && t.ByID },
			append([]string{"columns"}, changeRowParameters...), false, updateBody, changedRow, append([]int{412}, writeFailures...),
		},
		{
			patternRow, http.MethodDelete, "deleteOne", "Delete a row", func(t *Table) bool { return t.Delete && t.ByID },
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

func insertBody(s *Surface, t *Table) *RequestBody {
	one := ref(t.Table.Name + ".Insert")
	many := list(one)
	many.MaxItems = count(s.Rows)
	return &RequestBody{
		Description: "A row, or a list of rows with the same members.", Required: true,
		Content: Content{
			{jsonForm, &Schema{AnyOf: []*Schema{one, many}}},
			{csvForm, &Schema{Type: TypeList{"string"}, Description: "Rows as CSV; the first line names the columns, and the word NULL is null."}},
			{"application/x-www-form-urlencoded", &Schema{Type: TypeList{"object"}, Description: "The columns of a row as texts."}},
		},
	}
}

// putBody is not the schema of an insert: a row that exists may be sent as it was
// read, with columns that are not written.
func putBody(_ *Surface, t *Table) *RequestBody {
	description := "The columns of the row; the path of a row stands for its key."
	for _, c := range t.Table.PrimaryKey {
		if !t.Creatable.Has(c) {
			description += " No new row can be given " + c.Name + "."
		}
	}
	return &RequestBody{
		Description: description, Required: true,
		Content: Content{{jsonForm, &Schema{Type: TypeList{"object"}}}},
	}
}

func updateBody(_ *Surface, t *Table) *RequestBody {
	return &RequestBody{
		Description: "The columns to change; the others stay as they are.", Required: true,
		Content: Content{{jsonForm, ref(t.Table.Name + ".Update")}},
	}
}
