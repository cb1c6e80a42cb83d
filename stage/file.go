package stage

import (
	"encoding/json"
	"io"
	"os"

	"suiren/internal/say"
)

// ReadFile reads a file of an artifact, or one beside the store, that is not larger than
// so many bytes: it takes no memory for more, whatever the file says.
func ReadFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = &say.Error{Where: path, What: say.T("the file is larger than %d bytes", "文件大于 %d 字节", most),
			Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
	}
	return b, err
}

// WriteJSON writes a file of an artifact, to be read by people too.
func WriteJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o666)
}
