package train

import (
	"context"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// pinned refuses what was made from a model of the owner's whose files are no longer
// those of the plan: they are read where they lie, all the time. It reads them once more.
func pinned(job *stage.Job) error {
	for _, in := range job.Inputs {
		if !in.Ref.IsZero() || in.Digest.IsZero() || in.Arg != "base" && in.Arg != "adapter" {
			continue
		}
		sum := store.ModelFiles
		if in.Arg == "adapter" {
			sum = store.AdapterFiles
		}
		files, err := sum(context.Background(), in.Dir)
		if err == nil && store.FilesDigest(files) == in.Digest {
			continue
		}
		return &say.Error{Where: in.Arg, What: say.T("the files at %s changed while this was made from them", "制作期间，%s 处的文件有改动", in.Dir),
			Next: say.T("leave them as they are until it is made, and make the plan again: suiren plan", "在做完之前请勿改动它们，并重新运行 suiren plan"), Err: err}
	}
	return nil
}
