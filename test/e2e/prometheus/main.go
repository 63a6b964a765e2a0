// Command prometheus checks a file of alert rules, and the queries that it gets as a JSON list on standard input. It uses
// the parsers with which promtool and Prometheus read them, and prints the problems as a JSON list.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	problems := []string{}
	promql := parser.NewParser(parser.Options{})
	_, errs := rulefmt.ParseFile(os.Args[1], false, model.UTF8Validation, promql, slog.Default())
	for _, err := range errs {
		problems = append(problems, err.Error())
	}
	var queries []string
	if err := json.NewDecoder(os.Stdin).Decode(&queries); err != nil {
		log.Fatal(err)
	}
	for _, query := range queries {
		if _, err := promql.ParseExpr(query); err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", query, err))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(problems); err != nil {
		log.Fatal(err)
	}
}
