package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finetune/weights"
)

// A modelRow is a backbone in the table of models.
type modelRow struct {
	Name      string `json:"name"`
	InputSize int    `json:"input_size"` // Pixels.
	Bytes     int64  `json:"bytes"`
	Licence   string `json:"licence"` // SPDX identifier.
	Source    string `json:"source"`
	Embedded  bool   `json:"embedded"`
	Cached    bool   `json:"cached"`
	URL       string `json:"url,omitempty"`
	SHA256    string `json:"sha256"`
}

func newModels() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "models [flags]",
		Short: "List the pretrained backbones to start from",
		Long: `models lists the pretrained backbones that --backbone may name. One is in the binary, the others are
fetched when they are first used. --backbone takes the path of any other ONNX classifier too.`,
		Example: `  finetune models
  finetune --task flowers --backbone mobilenetv2.pytorch`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			var rows []modelRow
			for _, i := range weights.Table() {
				rows = append(rows, modelRow{
					Name: i.Name, InputSize: i.InputSize, Bytes: i.Bytes, Licence: i.Licence, Source: i.Source,
					Embedded: i.URL == "", Cached: i.Cached(), URL: i.URL, SHA256: i.SHA256,
				})
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), rows)
			}
			return writeModels(c.OutOrStdout(), rows)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write the table as JSON")
	return c
}

func writeModels(w io.Writer, rows []modelRow) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "BACKBONE\tINPUT\tSIZE\tLICENCE\tFILE\tTRAINED BY")
	for _, r := range rows {
		place := "fetched when needed"
		switch {
		case r.Embedded:
			place = "in the binary"
		case r.Cached:
			place = "in the cache"
		}
		fmt.Fprintf(table, "%s\t%d×%d\t%.1f MB\t%s\t%s\t%s\n", r.Name, r.InputSize, r.InputSize, float64(r.Bytes)/1e6, r.Licence, place, r.Source)
	}
	return table.Flush()
}
