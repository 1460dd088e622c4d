//! Content that git LFS keeps elsewhere.

use super::{Repo, leak, scan, secret};
use leakproof::evidence::Cause;

/// Stores an LFS object and gives the pointer to it.
fn pointer(repo: &Repo, content: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(content.as_bytes()));
    repo.write(&format!(".git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]), content);
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {}\n", content.len())
}

#[test]
fn lfs_pointer() {
    let repo = Repo::started();
    let text = pointer(&repo, &leak(&secret()));
    repo.commit(".env", text);
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"], "fetched content is judged");
    assert!(found.proven());
    std::fs::remove_dir_all(repo.dir.join(".git/lfs")).unwrap();
    let found = repo.scan();
    assert_eq!(found.exposed(), [""; 0]);
    assert_eq!(found.causes("git.complete"), [Cause::ContentElsewhere]);
    assert!(found.causes("git.history").iter().all(|cause| *cause == Cause::ContentElsewhere));
    assert!(found.gaps("git.history")[0].contains("git lfs fetch --all"));
    assert!(found.bool("git.complete", "lfs_pointers"));
}

#[test]
fn lfs_pointer_with_lines_of_its_own_is_judged_beside_the_content() {
    let repo = Repo::started();
    let text = pointer(&repo, "PORT=8000\n");
    repo.commit(".env", &text);
    let clean = repo.scan();
    assert!(clean.proven() && clean.exposed().is_empty());
    repo.commit(".env", format!("{text}{}", leak(&secret())));
    let found = repo.scan();
    assert_eq!(found.exposed(), [".env"]);
    assert_eq!(found.one("git.history").subject.place.line, Some(4));
    assert_eq!(found.one("git.tracked").word("class"), Some("plaintext"));
    assert!(found.proven());
    std::fs::remove_dir_all(repo.dir.join(".git/lfs")).unwrap();
    let found = scan(&repo.dir);
    assert_eq!(found.exposed(), [".env"], "what stands in the pointer is here");
    assert!(found.causes("git.history").contains(&Cause::ContentElsewhere));
}

#[test]
fn lfs_object_that_is_not_what_the_pointer_says_is_a_gap() {
    let leaked = leak(&secret());
    for replaced in ["PORT=8000\n".to_owned(), "x".repeat(leaked.len())] {
        let repo = Repo::started();
        let text = pointer(&repo, &leaked);
        let digest = text.split("sha256:").nth(1).unwrap()[..64].to_owned();
        repo.write(&format!(".git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]), replaced);
        repo.commit(".env", text);
        let found = repo.scan();
        assert!(found.causes("git.history").contains(&Cause::Malformed));
        assert!(found.gaps("git.history").iter().any(|gap| gap.contains("git lfs fsck")));
        assert!(!found.bool("git.complete", "complete"));
    }
    let repo = Repo::started();
    let text = pointer(&repo, &leaked).replace("size ", "size 1");
    repo.commit(".env", text);
    assert!(repo.scan().causes("git.history").contains(&Cause::Malformed), "the size is checked as well");
}
