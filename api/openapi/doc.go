// Package openapi writes the OpenAPI 3.1 document of an API.
//
// What it writes comes from a [Surface]: the tables, columns, relations and
// functions that one caller may be able to use. Package api makes one from its
// policies; whatever is not in it does not appear in the document. The same
// Surface gives the same bytes.
//
// What the wire can do stands in tables: parameters.go, operations.go,
// operators.go and answers.go. A new parameter is a line in the first and its
// name in the operations that take it.
package openapi
