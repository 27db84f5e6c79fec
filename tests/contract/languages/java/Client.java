import bookmarketplace.recommendations.Book;
import bookmarketplace.recommendations.BookCategory;

/** A class of another package that uses the generated ones: it prints a book that was encoded and decoded. */
public class Client {
    public static void main(String[] arguments) throws Exception {
        Book book = Book.newBuilder().setId(1).setTitle("Dune").addCategories(BookCategory.SCIENCE_FICTION).build();
        System.out.println(Book.parseFrom(book.toByteArray()).getTitle());
    }
}
