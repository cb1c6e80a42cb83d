"""The encoders: their sizes, vocabularies and references."""

import json
import pathlib
import tempfile

import models
import torch
import transformers
from safetensors.torch import load_file, save_file

SIZES = {"hidden_size": 32, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 2}
WORDS = "the of and heat fire wood drill spark stone who what why can not make made people".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!-火木人钻燧"


def wordpiece():
    """[PAD] is 0 and [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4."""
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *("##" + c for c in LETTERS), *WORDS, "##ing", "##er"]


def unigram():
    """(piece, score) as XLM-RoBERTa numbers them: <s> 0, <pad> 1, </s> 2, <unk> 3, <mask> last."""
    pieces = [("\u2581", -2.5)] + [("\u2581" + w, -4 - i / 8) for i, w in enumerate(WORDS)] + [(c, -8 - i / 8) for i, c in enumerate(LETTERS)]
    pieces += [("ing", -5.5), ("s", -4.75), ("er", -5.25)]
    seen, out = set(), []
    for p, s in pieces:
        if p not in seen:
            seen.add(p)
            out.append((p, s))
    return [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *out, ("<mask>", 0.0)]


BERT = {"class": "Bert", "wrap": (2, 3), "range": (5, len(wordpiece())),
        "config": {"vocab_size": len(wordpiece()), "max_position_embeddings": 64, "pad_token_id": 0, "layer_norm_eps": 1e-12}}
XLMR = {"class": "XLMRoberta", "wrap": (0, 2), "range": (4, len(unigram()) - 1),
        "config": {"vocab_size": len(unigram()), "max_position_embeddings": 66, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
                   "type_vocab_size": 1, "layer_norm_eps": 1e-5}}
MODERN = {"class": "ModernBert", "wrap": (models.V - 2, models.V - 1), "range": (0, models.V - models.SPECIAL),
          "config": {"vocab_size": models.V, "max_position_embeddings": 64, "num_hidden_layers": 4, "local_attention": 8, "pad_token_id": models.V - 3,
                     "cls_token_id": models.V - 2, "bos_token_id": models.V - 2, "sep_token_id": models.V - 1, "eos_token_id": models.V - 1}}
GTE = {"class": "Gte", "wrap": XLMR["wrap"], "range": XLMR["range"], "gguf": False,  # llama.cpp does not know it
       "config": XLMR["config"] | {"max_position_embeddings": 64, "rope_parameters": {"rope_type": "default", "rope_theta": 2e4}}}
# pooling: of sentence-transformers, beside the folder's config; rank: a head with one output.
MODELS = {
    "bert-cls": {**BERT, "pooling": "cls", "types": ["Q8_0"]},  # as BGE
    "bert-mean": {**BERT, "pooling": "mean"},  # as MiniLM, GTE
    "xlm-roberta": {**XLMR, "pooling": "mean"},  # as multilingual E5
    "xlm-roberta-rank": {**XLMR, "pooling": "rank"},  # as BGE's reranker
    # llama.cpp leaves the pooler out, so it answers other scores: transformers alone.
    "modernbert": {**MODERN, "pooling": "mean", "types": ["Q8_0"]},  # as GTE's and Granite's
    "modernbert-rank": {**MODERN, "pooling": "rank", "config": MODERN["config"] | {"classifier_pooling": "mean"}},
    "gte": {**GTE, "pooling": "cls"},  # as GTE's multilingual, Snowflake's Arctic 2
    "gte-rank": {**GTE, "pooling": "rank"},
    # As Alibaba's own files of gte-multilingual-base and gte-large-en-v1.5, which call it so and bring their program along.
    # Its weights are those of transformers' GTE (conversion_mapping.py), its rotary positions are NTK-RoPE-fixed of
    # https://kexue.fm/archives/9706 (as vLLM's NTKScalingRotaryEmbedding), its heads score tokens.
    "gte-new": {**GTE, "pooling": "cls", "new": {"rope_theta": 2e4, "rope_scaling": {"factor": 8.0, "type": "ntk"}}},
    "bert-rank": {**BERT, "pooling": "rank", "gguf": False},  # as MS MARCO's MiniLM
}


def write(name, model, folder, fill):
    rank = model["pooling"] == "rank"
    config = getattr(transformers, model["class"] + "Config")(**SIZES | model["config"], **{"num_labels": 1} if rank else {})
    m = getattr(transformers, model["class"] + ("ForSequenceClassification" if rank else "Model"))(config)
    fill(name, dict(m.named_parameters()))
    m.to(torch.bfloat16).save_pretrained(folder)
    if model["class"] == "ModernBert":  # as transformers 4 wrote it
        path = folder / "config.json"
        config = json.loads(path.read_text())
        rope = config.pop("rope_parameters")
        del config["layer_types"]
        config |= {"layer_norm_eps": config["norm_eps"], "global_attn_every_n_layers": 3, "global_rope_theta": rope["full_attention"]["rope_theta"],
                   "local_rope_theta": rope["sliding_attention"]["rope_theta"], "transformers_version": "4.48.0"}
        path.write_text(json.dumps(config, indent=2) + "\n")
    if not rank:
        (folder / "1_Pooling").mkdir()
        modules = ["Transformer", "Pooling", "Normalize"]
        paths = ["", "1_Pooling", "2_Normalize"]
        (folder / "modules.json").write_text(json.dumps([
            {"idx": i, "name": str(i), "path": p, "type": "sentence_transformers.models." + t}
            for i, (t, p) in enumerate(zip(modules, paths))]) + "\n")
        (folder / "1_Pooling/config.json").write_text(json.dumps({
            "word_embedding_dimension": SIZES["hidden_size"], "pooling_mode_cls_token": model["pooling"] == "cls",
            "pooling_mode_mean_tokens": model["pooling"] == "mean", "pooling_mode_max_tokens": False}) + "\n")
    if "new" in model:
        write_new(folder, model["new"])
    write_tokenizer(folder, model["class"])


def write_new(folder, rope):
    """Makes a folder of GTE one of NewModel, with the settings of the published config.json."""
    tensors = {"new." + k: v for k, v in load_file(folder / "model.safetensors").items()}
    width = SIZES["hidden_size"]
    head = {"classifier.weight": torch.ones(1, width, dtype=torch.bfloat16), "classifier.bias": torch.zeros(1, dtype=torch.bfloat16)}
    save_file(tensors | head, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    del config["rope_parameters"]
    config |= {"model_type": "new", "architectures": ["NewModel", "NewForTokenClassification"], "position_embedding_type": "rope",
               "layer_norm_type": "layer_norm", "pack_qkv": True, "unpad_inputs": False, "use_memory_efficient_attention": False,
               "logn_attention_scale": False, "logn_attention_clip1": False, "torch_dtype": config.pop("dtype"), **rope}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def load_new(folder):
    """NewModel, by transformers' GTE."""
    config = json.loads((folder / "config.json").read_text())
    base, factor, dim = config["rope_theta"], config["rope_scaling"]["factor"], SIZES["hidden_size"] // SIZES["num_attention_heads"]
    with tempfile.TemporaryDirectory() as tmp:
        tmp = pathlib.Path(tmp)
        keys = "position_embedding_type layer_norm_type pack_qkv unpad_inputs use_memory_efficient_attention logn_attention_scale logn_attention_clip1 rope_theta rope_scaling"
        config = {k: v for k, v in config.items() if k not in keys.split()}
        config |= {"model_type": "gte", "architectures": ["GteModel"], "rope_parameters": {"rope_type": "default", "rope_theta": base}}
        (tmp / "config.json").write_text(json.dumps(config))
        tensors = load_file(folder / "model.safetensors")
        save_file({k.removeprefix("new."): v for k, v in tensors.items() if k.startswith("new.")}, tmp / "model.safetensors", metadata={"format": "pt"})
        m, info = transformers.AutoModel.from_pretrained(tmp, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not any(info.values()), info
    places = torch.arange(0, dim, 2, dtype=torch.float64)
    inverse = (base * factor) ** (-places / dim) * factor ** (-2 / dim)
    [buffer] = [b for n, b in m.named_buffers() if n.endswith("inv_freq") and "original" not in n]
    buffer.copy_(inverse)
    return m


def write_tokenizer(folder, kind):
    def special(tokens):
        return [{"id": i, "content": t, "single_word": False, "lstrip": t in ("[MASK]", "<mask>"), "rstrip": False, "normalized": False,
                 "special": True} for t, i in tokens.items()]

    def template(a, b, ids, between):
        part = [{"SpecialToken": {"id": a, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": b, "type_id": 0}}]
        pair = [{"SpecialToken": {"id": t, "type_id": 1}} for t in between] + [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": b, "type_id": 1}}]
        return {"type": "TemplateProcessing", "single": part, "pair": part + pair,
                "special_tokens": {t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in (a, b)}}

    if kind == "ModernBert":
        models.write_tokenizer(folder)
        path = folder / "tokenizer.json"
        t = json.loads(path.read_text())
        ids = {x["content"]: x["id"] for x in t["added_tokens"]}
        t["post_processor"] = template("<|im_start|>", "<|im_end|>", ids, [])
        path.write_text(json.dumps(t, ensure_ascii=False) + "\n")
        (folder / "tokenizer_config.json").write_text(json.dumps({
            "tokenizer_class": "PreTrainedTokenizerFast", "cls_token": "<|im_start|>", "sep_token": "<|im_end|>", "pad_token": "<|endoftext|>"}) + "\n")
        return
    if kind == "Bert":
        vocab = {t: i for i, t in enumerate(wordpiece())}
        added = special({t: vocab[t] for t in wordpiece()[:5]})
        parts = {"normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
                 "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": template("[CLS]", "[SEP]", vocab, []),
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
                 "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab}}
        names = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]",
                 "unk_token": "[UNK]", "mask_token": "[MASK]", "model_max_length": 64}
    else:
        vocab = {t: i for i, (t, _) in enumerate(unigram())}
        added = special({t: vocab[t] for t in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")})
        space = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
        parts = {"normalizer": None, "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, space]},
                 "post_processor": template("<s>", "</s>", vocab, ["</s>"]), "decoder": space,
                 "model": {"type": "Unigram", "unk_id": 3, "vocab": unigram(), "byte_fallback": False}}
        names = {"tokenizer_class": "XLMRobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
                 "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>", "model_max_length": 64}
    (folder / "tokenizer.json").write_text(json.dumps(
        {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, **parts}, ensure_ascii=False) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(names) + "\n")


def bert_vocabulary(self):
    """In GGUF a piece that begins a word begins with U+2581, and others with nothing."""
    from convert import gguf

    tokens = [t if t.startswith("[") else t[2:] if t.startswith("##") else "\u2581" + t for t in wordpiece()]
    w = self.gguf_writer
    w.add_token_type_count(2)
    w.add_tokenizer_model("bert")
    w.add_tokenizer_pre("default")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.CONTROL] * 5 + [gguf.TokenType.NORMAL] * (len(tokens) - 5))
    for add, i in ((w.add_pad_token_id, 0), (w.add_unk_token_id, 1), (w.add_bos_token_id, 2),
                   (w.add_sep_token_id, 3), (w.add_eos_token_id, 3), (w.add_mask_token_id, 4)):
        add(i)


def unigram_vocabulary(self):
    from convert import gguf

    tokens, scores = zip(*unigram())
    kinds = [gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.UNKNOWN] + [gguf.TokenType.NORMAL] * (len(tokens) - 5) + [gguf.TokenType.CONTROL]
    w = self.gguf_writer
    w.add_token_type_count(1)
    w.add_tokenizer_model("t5")
    w.add_tokenizer_pre("default")
    w.add_token_list(list(tokens))
    w.add_token_scores(list(scores))
    w.add_token_types(kinds)
    w.add_add_space_prefix(True)
    w.add_remove_extra_whitespaces(True)
    for add, i in ((w.add_bos_token_id, 0), (w.add_pad_token_id, 1), (w.add_eos_token_id, 2), (w.add_unk_token_id, 3),
                   (w.add_sep_token_id, 2), (w.add_mask_token_id, len(tokens) - 1)):
        add(i)
    w.add_add_bos_token(True)
    w.add_add_eos_token(True)


def bpe_vocabulary(self):
    import convert

    convert.vocabulary(self)
    w = self.gguf_writer
    w.add_sep_token_id(models.V - 1)
    w.add_add_eos_token(True)
    w.kv_data[0]["tokenizer.ggml.add_bos_token"].value = True
    w.kv_data[0]["tokenizer.ggml.bos_token_id"].value = models.V - 2


VOCABULARIES = {"ModernBertModel": bpe_vocabulary, "ModernBertForSequenceClassification": bpe_vocabulary,
                "BertModel": bert_vocabulary, "BertForSequenceClassification": bert_vocabulary, "XLMRobertaModel": unigram_vocabulary,
                "XLMRobertaForSequenceClassification": unigram_vocabulary}


@torch.no_grad()
def answers(model, folder, ids):
    """states (T, C) and embedding (C) of length 1, or score (1), by transformers."""
    rank = model["pooling"] == "rank"
    if "new" in model:
        m = load_new(folder)
    else:
        auto = transformers.AutoModelForSequenceClassification if rank else transformers.AutoModel
        m, info = auto.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        assert not any(info.values()), info
    out = m.eval()(input_ids=torch.tensor([ids]))
    if rank:
        return {"score": out.logits[0].numpy()}
    states = out.last_hidden_state[0]
    pooled = states[0] if model["pooling"] == "cls" else states.mean(0)
    return {"states": states.numpy(), "embedding": (pooled / pooled.norm()).numpy()}
