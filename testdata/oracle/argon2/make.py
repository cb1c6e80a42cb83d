# Writes hashes.txt beside it: passwords and their Argon2id hashes in PHC form, by argon2-cffi 25.1.0
# (the reference C implementation). pip install argon2-cffi==25.1.0
import os
from argon2 import PasswordHasher, Type
out = open(os.path.join(os.path.dirname(__file__), "hashes.txt"), "w", encoding="utf-8")
for i, (t, m, p, pw) in enumerate([(3, 65536, 2, "correct horse battery"), (1, 8192, 1, "鑽木取火，以化腥臊"), (2, 1024, 4, "p\u00e4sswort mit umlaut")]):
    h = PasswordHasher(time_cost=t, memory_cost=m, parallelism=p, hash_len=32, salt_len=16, type=Type.ID)
    out.write(h.hash(pw, salt=bytes(range(i, i + 16))) + "\t" + pw + "\n")
