// Package openapi generates the OpenAPI 3.1 document of an API.
//
// Its input is a [Surface]: the tables, columns, relations and functions that one caller
// may be able to use. Package api derives it from its policies, and adds the routes of the
// application that the caller may use. The document contains nothing else, and the same
// Surface gives the same bytes.
//
// Tables in parameters.go, operations.go, operators.go and answers.go describe the wire.
// A new parameter needs a line in the first and its name in the operations that take it.
package openapi
